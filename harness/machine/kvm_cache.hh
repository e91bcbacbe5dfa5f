// SPDX-License-Identifier: MIT
#pragma once

#include "machine/accelerator.hh"

#include <optional>

namespace hermesh {

/// The kept answer for this boot, kernel, QEMU binary and user; empty when there is none.
std::optional<KvmAnswer> recall_kvm_answer();
/// Kept in the cache folder; does nothing where there is none.
void remember_kvm_answer(const KvmAnswer& answer);

} // namespace hermesh
