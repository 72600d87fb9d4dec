// SPDX-License-Identifier: MIT
#pragma once

#include "command/run.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Which values of a finished run are put in place of others.
struct DonorRequest {
  enum class Kind {
    mean,      ///< over all but the own one, at the same layer and step
    resample,  ///< another one's, the same at all its steps, drawn by the seed
    noise,     ///< standard normal numbers of (seed, entry, layer, step, unit) times the standard
               ///< deviation of that unit
  };
  Kind kind = Kind::mean;
  std::filesystem::path folder;  ///< of a run with clean_latents
  std::string experiment;        ///< the subcommand that must have made it
  std::string noun;              ///< what it has clean values of: "pair"
  bool each_is_there = false;    ///< refuse where one of `of` is not, with the same steps
  struct Entry {
    std::string id;
    int steps = 0;
  };
  std::vector<Entry> of;  ///< what is changed
  int first_step = 0;     ///< of each
  std::string hook;       ///< as users write it
  Hook place = Hook::resid_post;
  std::vector<int> layers;
  std::uint64_t seed = 0;
};

/// The values that were asked for.
struct Donors {
  DonorTable table;
  std::vector<std::vector<int>> rows;  ///< of the table, [entry][step - first_step]
  std::string digest;                  ///< SHA-256 of the run's manifest
};

/// @param model  which the run must be of
/// @throws std::runtime_error or shard::FormatError: a run of another subcommand, model, hook or
///         layers, with other steps, or with too few entries
[[nodiscard]] Donors take_donors(const DonorRequest& request, const CheckedModel& model);

}  // namespace phiscope::extract
