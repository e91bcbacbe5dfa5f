// SPDX-License-Identifier: MIT
#pragma once

#include "machine/machine.hh"

#include <string>
#include <vector>

namespace hermesh {

/// The files as one archive (ustar, POSIX.1-1988), so that any number of them costs one round trip.
/// Owned by root, dated 1970-01-01. Names are without their leading '/': unpack in '/'. Throws
/// Error when a target is not absolute, has a ".." in it or is longer than the format can hold (100
/// bytes, or 255 with a '/' in the right place).
std::string make_tar(const std::vector<PushedFile>& files);

} // namespace hermesh
