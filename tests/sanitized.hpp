// SPDX-License-Identifier: MIT
#pragma once

namespace phiscope::test {

/// Is this build one under the address sanitizer? What takes minutes there, and is tested whole
/// without it, may be thinned out.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace phiscope::test
