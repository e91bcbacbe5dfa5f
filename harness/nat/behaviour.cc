// SPDX-License-Identifier: MIT
#include "nat/behaviour.hh"

namespace hermesh::nat {
namespace {

const char* grade(Dependence dependence) {
  switch (dependence) {
  case Dependence::endpoint_independent: return "EI";
  case Dependence::address_dependent: return "AD";
  case Dependence::address_and_port_dependent: return "APD";
  }
  return "?";
}

} // namespace

std::string mapping_name(Dependence mapping) {
  return std::string(grade(mapping)) + "M";
}

std::string filtering_name(Dependence filtering) {
  return std::string(grade(filtering)) + "F";
}

std::string to_string(PortAssignment ports) {
  return ports == PortAssignment::preserve ? "preserve" : "random";
}

std::string to_string(FlowRule flows) {
  return flows == FlowRule::reuse ? "reuse" : "strict";
}

} // namespace hermesh::nat
