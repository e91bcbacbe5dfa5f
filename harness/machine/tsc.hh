// SPDX-License-Identifier: MIT
#pragma once

namespace hermesh {

/// The frequency of this host's time stamp counter in kHz, measured against CLOCK_MONOTONIC; 0
/// where there is none (not x86).
///
/// QEMU's TCG shows a guest the host's counter. A guest that calibrates it itself while the host is
/// busy gets it wrong by whole factors (seen: a guest clock at three times the speed of time on a
/// host with a load of 15), and with it every timer of a VPN; so TCG guests are told
/// (`tsc_early_khz=`).
unsigned host_tsc_khz();

} // namespace hermesh
