// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/analysis.hpp"
#include "report/check.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::patching {

using report::Check;
using report::Outcome;
using report::outcome_name;

/// The checklist of the published experiment (all pairs done, no NaN, not all zero, sites differ,
/// memory), and what must hold besides: the unpatched run against itself is 0, and so is KL where
/// nothing reads what was patched.
[[nodiscard]] std::vector<Check> checklist(const Result& result);

/// Is the state replaced at this site read by nothing later? After the last layer that holds for
/// every latent step in frozen mode and in the published single pass, and for the last step of
/// rerun; never if the number of layers is not known or something else is patched.
[[nodiscard]] bool is_unread(const Patching& data, const Site& site);

/// Largest KL of the sites that is_unread() holds for, over pairs; nothing if there are none.
[[nodiscard]] std::optional<double> largest_unread_kl(const Result& result);

/// The largest mean KL divergence over pairs beside what rounding of the logits may move it by.
struct Rounding {
  std::optional<std::size_t> site = {};  ///< of the largest mean; nothing: no mean is defined
  double largest = 0.0;                  ///< nats
  double floor = 0.0;     ///< a KL of this size is moved by as much; 0: far below any KL of use
  std::size_t below = 0;  ///< sites whose mean KL is smaller than that
  std::size_t sites = 0;  ///< with a mean

  /// Is even the largest KL less than ten times what rounding moves?
  [[nodiscard]] bool is_severe() const noexcept { return site && largest < 10.0 * floor; }
};
[[nodiscard]] Rounding rounding_of(const Result& result);

/// How many pairs begin as the experiment assumes.
struct Baselines {
  std::size_t pairs = 0;       ///< complete
  std::size_t scored = 0;      ///< both answers are scored in both runs
  std::size_t prefer_own = 0;  ///< of them: both runs prefer their own answer
  std::size_t generated = 0;   ///< both runs' free answers are known
  std::size_t right = 0;       ///< of them: both are the right numbers
  std::size_t no_gap = 0;      ///< recovery is undefined since the runs' scores are equal
};
[[nodiscard]] Baselines baselines_of(const Result& result);

/// How many pairs were dropped, by reason.
[[nodiscard]] std::map<std::string, std::size_t> dropped_by_reason(const Patching& data);

/// "not corrected for taking the largest of 80": what the interval of a site that was chosen
/// for its value leaves out.
[[nodiscard]] std::string uncorrected_text(std::size_t sites);

/// "layer 2, step 1", with mode, set and head where there are several: names a site in a sentence.
[[nodiscard]] std::string site_text(const Patching& data, const Site& site);

}  // namespace phiscope::analyze::patching
