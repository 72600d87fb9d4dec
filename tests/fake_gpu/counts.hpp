// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <string>

namespace phiscope::fake_gpu {

/// Guards all state of the emulated devices.
std::recursive_mutex& state_lock();

/// What a program asks of a device: launches (a kernel of ours or an operation that would start
/// one), waits (the host stands still until the device is done) and uploads (copies to the device).
enum class Asked { launch, wait, upload };
void count(Asked what, const std::string& name);

/// Notes a fault that a GPU would not report, or only at times. @throws std::runtime_error
[[noreturn]] void violation(const std::string& what);
/// The same where nothing may be thrown: the program ends with status 99 at its end.
void note_violation(const std::string& what) noexcept;

}  // namespace phiscope::fake_gpu
