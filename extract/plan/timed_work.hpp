// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace phiscope::extract {

/// Numbers of tokens by how they go through a model, which takes very different times.
struct Tokens {
  std::uint64_t together = 0;  ///< several of a run in one pass
  std::uint64_t single = 0;    ///< one of a run in each pass, such as generated ones and latents
  [[nodiscard]] std::uint64_t all() const { return together + single; }
  Tokens& operator+=(const Tokens& more) {
    together += more.together;
    single += more.single;
    return *this;
  }
};

/// What some work took.
struct TimedWork {
  Tokens tokens;
  double together_seconds = 0.0;
  double single_seconds = 0.0;

  /// Adds a step of many runs. @param seconds  of the step; what its passes did not take goes to
  /// single tokens, where it has some
  void add_step(const TimedWork& passes, double seconds) {
    const double rest = seconds - passes.together_seconds - passes.single_seconds;
    const bool single = passes.tokens.single > 0;
    tokens += passes.tokens;
    together_seconds += passes.together_seconds + (single ? 0.0 : rest);
    single_seconds += passes.single_seconds + (single ? rest : 0.0);
  }

  /// Seconds for other tokens at this pace; those of a kind that is not among the work have the
  /// other kind's. @pre tokens.all() > 0
  [[nodiscard]] double seconds_for(const Tokens& ahead) const {
    const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
    const double together = together_seconds / number(tokens.together);
    const double single = single_seconds / number(tokens.single);
    return number(ahead.together) * (tokens.together > 0 ? together : single) +
           number(ahead.single) * (tokens.single > 0 ? single : together);
  }
};

}  // namespace phiscope::extract
