// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::patching {

/// Which tokens a read-out has seen after the patched positions, and whose tokens it scores.
enum class Continuation {
  eot,            ///< none: the end of thought alone; scores the clean answer's string
  eot_corrupted,  ///< the same place; scores the corrupted answer's string
  clean,          ///< the clean answer, teacher-forced
  corrupted,      ///< the corrupted answer, teacher-forced
  greedy,         ///< what the unpatched run generates
};

/// A place at which logits are compared.
struct Readout {
  std::string name = {};  ///< as in plan.json: "eot", "clean:0"
  Continuation continuation = Continuation::eot;
  std::size_t index = 0;  ///< which scored or generated token
};

/// The read-out of that name, or nothing: eot, eot:corrupted, clean:I, corrupted:I, greedy:I.
[[nodiscard]] std::optional<Readout> readout_named(const std::string& name);

/// Which read-outs the means over read-outs are of: one for each distribution. eot:corrupted is the
/// distribution of eot, and corrupted:0 that of clean:0, since the answers differ from there on.
/// @return  [readout]
[[nodiscard]] std::vector<bool> distinct_readouts(const std::vector<Readout>& readouts);

}  // namespace phiscope::analyze::patching
