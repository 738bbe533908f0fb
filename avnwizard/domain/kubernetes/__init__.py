"""What is known of Kubernetes and Helm without asking a cluster: releases, manifests, rolls, versions."""
