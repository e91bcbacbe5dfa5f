// SPDX-License-Identifier: MIT
#pragma once

#include "runner/lab.hh"
#include "runner/trial_spec.hh"

#include <string>
#include <vector>

namespace hermesh {

/// A VPN on all machines of a lab, from its folder. The destructor does nothing: the guests end
/// anyway.
class VpnNodes {
public:
  VpnNodes(Lab& lab, const TrialSpec& spec);

  /// Infrastructure first, then the peers together. Returns when the last peer's daemon started, on
  /// the fabric's clock. Throws Error when the guest lacks a program or a daemon ends at once.
  Time start();
  void stop();
  /// The daemon on one machine ends without a word (SIGKILL), and is started again as it was.
  void kill(const std::string& machine);
  void restart(const std::string& machine);
  /// Throws Error, with its log's last lines, when a daemon has ended.
  void check_daemons();

  const NodeDeployment& node(const std::string& machine) const;
  Claim claim(const std::string& machine, const std::string& peer);
  /// What each machine is given, as files below `folder`/<machine>: part of the trial's inputs.
  void save_deployed(const std::filesystem::path& folder) const;
  void save_logs(const std::filesystem::path& folder) noexcept;
  void save_log(const std::string& machine, const std::filesystem::path& folder) noexcept;

private:
  void start_on(Machine& machine);

  Lab* lab_;
  const TrialSpec* spec_;
  std::vector<NodeDeployment> nodes_;
};

} // namespace hermesh
