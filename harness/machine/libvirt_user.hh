// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace hermesh {

/// As root, Debian's libvirt looks for the user that it was built to run QEMU as before it reads
/// the configuration that names another, and fails without it.
bool libvirt_user_missing();
/// What to do about it, in one line.
std::string libvirt_user_advice();

} // namespace hermesh
