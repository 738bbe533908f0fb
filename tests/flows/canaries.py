"""Canaries: a stack whose env file holds secrets of every kind, and where one of them is found afterwards."""

import os
import subprocess
from pathlib import Path

CANARY = "CaNaRy"
SEEDED = f"""\
PGPASSWORD={CANARY}01
MYSQLPASSWORD={CANARY}02
AUTHTOKEN={CANARY}03
GITHUB_PAT=ghp_{CANARY}0404040404
PASSPHRASE="{CANARY}05 with spaces"
SESSION_KEYS={CANARY}06,{CANARY}07
ADMIN_HTPASSWD='admin:$apr1${CANARY}08$abcdefgh'
BASIC_AUTH={CANARY}09
CLIENTSECRET={CANARY}10
LDAP_BIND_PW={CANARY}11
NOTHING_IN_THE_NAME=sk_live_{CANARY}12121212
ALSO_NOTHING=eyJhbGciOiJIUzI1NiJ9.{CANARY}13.sig
DATABASE=postgres://u:pa/{CANARY}14@h/db?password={CANARY}15
CLONE_FROM=https://ghp_{CANARY}16@git.example/x.git
CONNECTION=Server=h;Pwd={CANARY}17;Database=d
TLS_PRIVATE="-----BEGIN PRIVATE KEY-----
{CANARY}18
-----END PRIVATE KEY-----"
# OLD_DB_PASSWORD={CANARY}19
S3_AT=AKIA{CANARY.upper()}2525
SLACK_TO=xoxb-{CANARY}26262626
PIPELINE=glpat-{CANARY}2727
REGISTRY_LOGIN={{"auths":{{"r.test":{{"auth":"{CANARY}28","password":"{CANARY}29"}}}}}}
HEADER="Authorization: Bearer {CANARY}30-a3f9c2d17b"
LIBPQ="host=h password={CANARY}31 dbname=d"
MAIL_RELAY=mailer:{CANARY}32@mail.example:587
MYSQL_AT=app:{CANARY}33@tcp(h:3306)/d
HASHED=$2y$10${CANARY}34abcdefghijklm
CALLBACK=https://h.example/cb?client_secret={CANARY}35&x=1
VAULT=hvs.{CANARY}36363636
NOISE=q9X{CANARY}37vL2mZ8tR4wK6yB1nH5sD0fG3jP
"""
KEPT = ("env.before", "env.after", "local-edits.patch")
"""What a run's folder holds on purpose, 0600: the env files themselves. A snapshot holds one as well."""


def seeded(checkout: Path) -> Path:
    """Put canaries at every place of the env file that an upgrade to v2.0.0 shows."""
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    env_file = checkout / ".env.production"
    lines = []
    for line in env_file.read_text().splitlines(keepends=True):
        key = line.partition("=")[0]
        if key == "SMTP_URL":
            lines += [SEEDED, f"SMTP_URL=smtps://mailer:{CANARY}20@{CANARY}21@mail.example.test:465\n"]
        elif key == "AUDIT_LEGACY_SINK":
            lines.append(f"AUDIT_LEGACY_SINK=https://audit:{CANARY}22/{CANARY}23@sink.example\n")
        else:
            lines.append(line)
    env_file.write_text("".join(lines))
    return checkout


def holds_one(found: str | bytes) -> bool:
    """Whether a canary is in it; one kind of token is written in capitals."""
    text = found.decode("latin-1") if isinstance(found, bytes) else found
    return CANARY in text or CANARY.upper() in text


def leaks(*folders: Path) -> list[str]:
    """The files below some folders that hold a canary."""
    return [
        str(file)
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file() and file.name not in KEPT and holds_one(file.read_bytes())
    ]


def shown_by_processes() -> set[str]:
    """The processes of this machine whose argument list holds a canary."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            argv = (place / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended
        if holds_one(argv) and int(place.name) != os.getpid():
            found.add(argv.replace(b"\0", b" ").decode("utf-8", "replace")[:300])
    return found
