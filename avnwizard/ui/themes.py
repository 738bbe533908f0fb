"""The colours: calm, few, and the same meaning everywhere."""

from textual.theme import Theme

OWN = "avnwizard"

THEMES = (
    Theme(
        name=OWN,
        primary="#5f87af",
        secondary="#5f87af",
        accent="#87afd7",
        foreground="#d0d0d0",
        background="#121417",
        surface="#121417",
        panel="#24282e",
        success="#87af5f",
        warning="#d7af5f",
        error="#d75f5f",
        variables={
            "block-cursor-background": "#303a46",
            "block-cursor-foreground": "#eeeeee",
            "block-cursor-text-style": "none",
            "block-cursor-blurred-background": "#24282e",
            "block-cursor-blurred-foreground": "#d0d0d0",
            "block-cursor-blurred-text-style": "none",
        },
    ),
)
