"""The wizard in the terminal: screens over the flows. It is opened by the command line with a `Host`."""
