// SPDX-License-Identifier: MIT
#include "model/verdict.hh"

namespace hermesh {

std::string to_string(Verdict verdict) {
  switch (verdict) {
  case Verdict::as_expected: return "as_expected";
  case Verdict::better_than_expected: return "better_than_expected";
  case Verdict::worse_than_expected: return "worse_than_expected";
  case Verdict::invalid: return "invalid";
  case Verdict::inconclusive: return "inconclusive";
  case Verdict::harness_error: return "harness_error";
  }
  return "?";
}

int exit_status(Verdict verdict) {
  switch (verdict) {
  case Verdict::as_expected:
  case Verdict::better_than_expected: return 0;
  case Verdict::worse_than_expected: return 1;
  case Verdict::invalid:
  case Verdict::inconclusive:
  case Verdict::harness_error: break;
  }
  return 3;
}

} // namespace hermesh
