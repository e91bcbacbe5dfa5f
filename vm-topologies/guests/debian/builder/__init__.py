# SPDX-License-Identifier: MIT
"""Makes the Debian guest image; `../build` is the program."""


class BuildError(Exception):
    """What went wrong, in one line for the user."""


class InputError(BuildError):
    """The caller gave something wrong: exit status 2."""
