// SPDX-License-Identifier: MIT
#pragma once

#include "model/json_reader.hh"
#include "nat/port_mapping.hh"

namespace hermesh {

/// `port_mapping` of a scenario's rule.
nat::PortMapping read_port_mapping(const JsonReader& json);

} // namespace hermesh
