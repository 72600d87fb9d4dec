// SPDX-License-Identifier: MIT
// Order of work on streams. What computes is done at once, in the order in which it is queued; so
// that a missing wait is seen all the same, each piece of work knows what it is ordered behind.
// Copies to the host are done as late as a wait for them allows.
#pragma once

#include <compare>
#include <functional>
#include <map>

namespace phiscope::fake_gpu {

struct StreamKey {
  int device = 0;
  int id = 0;
  auto operator<=>(const StreamKey&) const = default;
};

/// Of each stream, how many pieces of work are done before something.
using Behind = std::map<StreamKey, long>;

/// The stream that this thread queues work on. @param device  -1: the current one
StreamKey current_stream(int device = -1);
/// @return the one before
StreamKey set_current_stream(StreamKey stream);
int current_device();
void set_current_device(int device);

/// A piece of work of a stream, done now. @return its number, from 1
long issue(StreamKey stream);
/// A copy to the host, done when something waits for it.
void issue_late(StreamKey stream, std::function<void()> work);
/// Pieces of work that were queued, and how many of them are done.
long issued(StreamKey stream);
long done(StreamKey stream);

/// Whether work that a stream is given now is behind work `number` of another.
bool is_behind(StreamKey stream, StreamKey other, long number);

struct Event {
  StreamKey stream;
  long number = 0;  ///< recorded behind so many pieces of work of its stream
  Behind behind;
};
Event record(StreamKey stream);
/// What the stream is given from now on is behind the event.
void block(StreamKey stream, const Event& event);
/// The host waits: late work is done.
void synchronise(StreamKey stream);
void synchronise(const Event& event);

}  // namespace phiscope::fake_gpu
