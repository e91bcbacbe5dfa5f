// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "machine/machine.hh"

#include <string>
#include <vector>

namespace hermesh {

/// One figure that a workload measured.
struct Figure {
  std::string metric; ///< "rtt average", "throughput"
  std::string unit;   ///< "ms", "Mbit/s"
  double value = 0;

  bool operator==(const Figure&) const = default;
};

/// What one run of a workload showed. A path that does not carry it is a `problem`, not an Error.
struct Sample {
  std::vector<Figure> figures{};
  std::string problem{};

  bool operator==(const Sample&) const = default;
};

/// A measurement between two machines: client, server, and the address at which the client reaches
/// the server. Adding one: a file in this folder and a line in workloads() (README.md here).
struct Workload {
  std::string name;
  std::string description;
  Sample (*run)(Machine& client, Machine& server, const Address& server_address);
};

const std::vector<Workload>& workloads();
/// Throws InputError, with the nearest name.
const Workload& workload(const std::string& name);

} // namespace hermesh
