"""Lines of an example file that cannot be read are reported in the plan by number."""

from avnwizard.flows.upgrade.examples import skipped


def test_each_file_with_such_lines_is_named() -> None:
    """One sentence for each release that has any, none of their text, and no endless list."""
    many = b"a secret=1\n" * 30
    assert skipped(".env.example", {"v1": b"A=1\n", "v2": b"A=1\n/* hidden\n"}) == (
        ".env.example of v2: line 2 cannot be read. The rest of the file was compared.",
    )
    (said,) = skipped(".env.example", {"v1": many})
    assert said.startswith(".env.example of v1: lines 1, 2, 3,")
    assert "10 and more cannot be read" in said
    assert skipped(".env.example", {"v1": b""}) == ()
