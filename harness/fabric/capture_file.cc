// SPDX-License-Identifier: MIT
#include "fabric/capture_file.hh"

#include "base/error.hh"
#include "wire/ethernet.hh"
#include "wire/pcapng.hh"

#include <fcntl.h>

namespace hermesh {
namespace {

constexpr std::size_t write_at = 256 * 1024;
constexpr std::size_t headers_only =
    128; // room for Ethernet, IP, UDP and the head of a VPN's frame

} // namespace

CaptureFile::CaptureFile(const FabricOptions& options,
                         const std::string& segment,
                         std::vector<std::string> ports,
                         std::uint64_t start_of_clock)
    : path_(options.captures / (segment + ".pcapng")), full_bytes_(options.full_capture_bytes),
      most_bytes_(options.most_capture_bytes), start_of_clock_(start_of_clock),
      ports_(ports.size()),
      file_(check("open " + path_.string(),
                  ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644))) {
  buffer_.reserve(2 * write_at);
  wire::write_pcapng_header(buffer_, segment, ports, start_of_clock);
}

void CaptureFile::add_ports(const std::vector<std::string>& ports) {
  for (; ports_ < ports.size(); ++ports_)
    wire::write_pcapng_port(buffer_, ports[ports_]);
}

void CaptureFile::write(const TapRecord& record) {
  const std::uint64_t size = flushed_ + buffer_.size();
  if (size >= most_bytes_) {
    flush();
    return give_up("stopped at its limit of " + std::to_string(most_bytes_) + " bytes");
  }
  const std::size_t snap = size < full_bytes_ ? wire::ethernet_frame_limit : headers_only;
  std::string comment;
  if (record.drop != DropReason::none)
    comment =
        (record.switched ? "dropped: " : "dropped before switching: ") + to_string(record.drop);
  wire::write_pcapng_packet(
      buffer_, record.source, start_of_clock_, record.time, record.frame, snap, comment);
  if (buffer_.size() >= write_at) flush();
}

void CaptureFile::flush() {
  std::size_t done = 0;
  while (file_ && done < buffer_.size()) {
    const auto written = ::write(file_.get(), buffer_.data() + done, buffer_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      give_up(std::generic_category().message(errno));
      break;
    }
    done += static_cast<std::size_t>(written);
  }
  flushed_ += done;
  buffer_.clear();
}

void CaptureFile::give_up(const std::string& why) {
  problem_ = "write " + path_.filename().string() + ": " + why;
  file_ = Fd{};
}

} // namespace hermesh
