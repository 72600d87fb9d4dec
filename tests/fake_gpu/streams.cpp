// SPDX-License-Identifier: MIT
#include "streams.hpp"

#include "counts.hpp"
#include "memory.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

namespace phiscope::fake_gpu {
namespace {

struct Late {
  long number = 0;
  std::function<void()> work;
};

struct Stream {
  long issued = 0;
  std::deque<Late> late;  ///< in order; all other work is done
  Behind behind;
};

std::map<StreamKey, Stream>& streams() {
  static auto& all = *new std::map<StreamKey, Stream>;
  return all;
}

/// What the host has waited for: whatever is queued later is behind it.
Behind& host_behind() {
  static auto& all = *new Behind;
  return all;
}

thread_local int device_now = 0;
thread_local int stream_now[devices] = {};

void join(Behind& into, const Behind& more) {
  for (const auto& [stream, number] : more) into[stream] = std::max(into[stream], number);
}

void run_until(StreamKey key, long number) {
  Stream& stream = streams()[key];
  while (!stream.late.empty() && stream.late.front().number <= number) {
    stream.late.front().work();
    stream.late.pop_front();
  }
  reclaim();
}

}  // namespace

StreamKey current_stream(int device) {
  const int index = device < 0 ? device_now : device;
  return {index, stream_now[index]};
}

StreamKey set_current_stream(StreamKey stream) {
  const int before = std::exchange(stream_now[stream.device], stream.id);
  return {stream.device, before};
}

int current_device() {
  return device_now;
}

void set_current_device(int device) {
  if (device < 0 || device >= devices) violation("no device " + std::to_string(device));
  device_now = device;
}

long issue(StreamKey stream) {
  return ++streams()[stream].issued;
}

void issue_late(StreamKey stream, std::function<void()> work) {
  const long number = issue(stream);
  streams()[stream].late.push_back({number, std::move(work)});
}

long issued(StreamKey stream) {
  return streams()[stream].issued;
}

long done(StreamKey stream) {
  const Stream& found = streams()[stream];
  return found.late.empty() ? found.issued : found.late.front().number - 1;
}

bool is_behind(StreamKey stream, StreamKey other, long number) {
  return stream == other || streams()[stream].behind[other] >= number ||
         host_behind()[other] >= number;
}

Event record(StreamKey stream) {
  Stream& of = streams()[stream];
  Event event{.stream = stream, .number = of.issued, .behind = of.behind};
  event.behind[stream] = of.issued;
  return event;
}

void block(StreamKey stream, const Event& event) {
  join(streams()[stream].behind, event.behind);
}

void synchronise(StreamKey stream) {
  synchronise(record(stream));
}

void synchronise(const Event& event) {
  run_until(event.stream, event.number);
  join(host_behind(), event.behind);
}

}  // namespace phiscope::fake_gpu
