// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/time.hh"
#include "fabric/ledger.hh"
#include "model/network.hh"
#include "nat/behaviour.hh"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hermesh {

/// A place where frames enter and leave the fabric: a machine's card, or a virtual host's.
/// Small integers, dense from 0; a detached one is not used again.
enum class PortId : std::uint32_t {};

/// What a tap sees: one record per frame that crosses a segment, at the moment it is switched, and
/// one per frame that is dropped, at that moment.
struct TapRecord {
  std::uint32_t segment = 0; ///< index into Network::segments
  std::uint32_t source = 0;  ///< the segment's port (see Fabric::segment_ports) that it came in by
  Time time{0};
  std::span<const std::byte> frame;
  DropReason drop = DropReason::none;
  bool switched = true; ///< of a dropped one: false when it never got onto the segment, so that
                        ///< this is its only record there
};

/// The user-space network of one trial: segments (learning switches), links (profiles), gateways
/// (nat::Table), taps and the drop ledger.
///
/// A step function: frames and time in, frames out. It owns no socket, no thread and no clock, and
/// with the same calls it does the same, so a trial's network can be replayed and tested in
/// microseconds. Time never goes back. Not thread-safe: one owner.
class Fabric {
public:
  struct Hooks {
    std::function<void(PortId, std::span<const std::byte>)> deliver; ///< a frame leaves by a port
    std::function<void(const TapRecord&)> tap{};                     ///< may be empty
  };

  Fabric(const Network& network, Hooks hooks);
  ~Fabric();
  Fabric(Fabric&&) noexcept;
  Fabric& operator=(Fabric&&) noexcept;

  /// A frame enters by a port. The buffer is used in place and may be changed. Frames of any
  /// content are accepted; what cannot be delivered is in the ledger.
  void receive(PortId port, std::span<std::byte> frame, Time now);

  /// Do what is due (delayed frames, unanswered neighbours, expiries) up to `now`; returns when the
  /// next thing is due.
  std::optional<Time> advance(Time now);

  /// The port of a card: "a.eth0". Throws Error when there is none.
  PortId port(std::string_view card) const;
  std::size_t port_count() const;

  /// A virtual host's port on a segment, beside the cards: frames to its MAC (and floods) are
  /// delivered to it by the `deliver` hook. Used by certification.
  PortId attach(std::string_view segment, const MacAddress& mac);
  void detach(PortId port);

  /// Interventions. Each takes effect atomically: the next frame sees it.
  void set_behaviour(std::string_view gateway,
                     const nat::Behaviour& behaviour); ///< keeps the table
  /// Forget every mapping, as a reboot does, and what `age` ran ahead.
  void clear_state(std::string_view gateway);
  /// The port mapping server of a gateway starts anew: leases lost, epoch 0, flows kept.
  void restart_port_mapping(std::string_view gateway);
  /// Control of an "unreachable": nothing filtered, UDP passes, and inbound packets that match no
  /// mapping go to the only host seen inside (or the next gateway inside).
  void open(std::string_view gateway, bool on);
  void cut(std::string_view machine,
           bool on); ///< drop all that the machine's cards send or would receive
  void move(PortId port, std::string_view segment); ///< re-plug a card without the guest's help
  /// Run a gateway's timers `by` ahead, as if it had been idle that long (certification of
  /// lifetimes).
  void age(std::string_view gateway, Duration by);

  /// What happens to networks. Each is a step: what takes time (a reboot) is `hold`, the change,
  /// and `hold` again when it is over, so that no packet in between teaches the gateway its old
  /// state.
  ///
  /// The gateway is there and does nothing: it forwards nothing, answers nothing, sends nothing.
  void hold(std::string_view gateway, bool on);
  /// It lost its power: it knows nothing, and what a mapping had is not given again at first, even
  /// where ports are preserved (nat::Table::reboot).
  void reboot(std::string_view gateway);
  /// It forgets the mappings and leases of one inside address (or endpoint) and nothing else, and
  /// gives others (nat::Table::forget). Returns how many there were.
  std::size_t rebind(std::string_view gateway,
                     const Address& inside,
                     std::optional<std::uint16_t> port = std::nullopt);
  /// Another IPv4 address outside: the old one no longer answers, and nothing is known that led to
  /// it. Those outside find the new one as they found the old. IPv6 stays.
  void change_address(std::string_view gateway, const Address& outside);
  /// As if others had taken every entry of its tables (nat::Table::fill).
  void fill(std::string_view gateway, bool on);
  /// No UDP crosses it, either way; ahead of the table, so that what was established stops too, and
  /// ages.
  void block_udp(std::string_view gateway, bool on);
  /// What is sent into the cable or comes out of it is lost, and the machine does not see it.
  void lose(PortId card, bool on);
  void lose(std::string_view segment, bool on);
  /// What a card's link does from now on; frames that are under way keep their time.
  void impair(PortId card, const Profile& profile);

  /// The output side of a port is full, or has room again: frames for it are dropped meanwhile.
  void full(PortId port, bool on);

  std::vector<LedgerRow> ledger() const;
  std::vector<FlowRow> flows() const;
  /// Names of the ports of a segment, in the order of TapRecord::source: "a.eth0", "gw-a.inside0",
  /// "gw-a.outside".
  std::vector<std::string> segment_ports(std::size_t segment) const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace hermesh
