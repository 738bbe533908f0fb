"""The canary: a synthetic user that signs in and gets tokens before, during and after a run."""
