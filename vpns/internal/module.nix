# SPDX-License-Identifier: MIT
# No VPN: a guest needs nothing for it.
{ }
