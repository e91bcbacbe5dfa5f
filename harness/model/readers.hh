// SPDX-License-Identifier: MIT
#pragma once

#include "model/json_reader.hh"
#include "model/profile.hh"
#include "model/scenario.hh"
#include "model/topology.hh"

namespace hermesh {

/// Each reads a whole document and checks it, across fields too; InputError says what is wrong
/// where. Their formats: vm-topologies/README.md, nat-scenarios/README.md.
Topology read_topology(const JsonReader& json);
Scenario read_scenario(const JsonReader& json);
Profile read_profile(const JsonReader& json);

/// A scenario's timeline.
std::vector<EventSpec> read_events(const JsonReader& json);
/// The fields of a profile that impair.
void read_impairments(JsonReader::Fields& fields, Profile& profile);

/// The rules of a topology that look at more than one field (used by read_topology, before it fills
/// in addresses). `source` names the file in complaints.
void check_topology(const Topology& topology, const std::string& source);

/// Fills in every address that the file left out; the same topology always gets the same ones. A
/// gateway's inside gets host 1, all else hosts from 10 upward, in the file's order, gateways
/// first; addresses that the file gives are never given again.
void assign_addresses(Topology& topology, const std::string& source);

} // namespace hermesh
