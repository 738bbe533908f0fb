#!/bin/sh
# Flags go to Traefik, as with the official image's entrypoint. Where no file provider is asked for, Traefik is given a
# certificate: without one it makes itself an RSA key at every change of its configuration, 0.1 to 0.6 s of CPU
# (v3.7, pkg/tls/tlsmanager.go).
case "$*" in
  *--providers.file*) ;;
  --providers.*) set -- "$@" --providers.file.filename=/etc/traefik-certificate.yml ;;
esac
exec traefik "$@"
