// SPDX-License-Identifier: MIT
#pragma once

#include "shard/run_reader.hpp"
#include "shard/text/json_object.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::sampling {

/// The parts of the experiment; each has a run directory of its own.
enum class Step { variance, manifold, sensitivity, attribution, clustering };
inline constexpr std::array<Step, 5> all_steps = {Step::variance, Step::manifold, Step::sensitivity,
                                                  Step::attribution, Step::clustering};

/// "variance", ...: as plan.json and folders name them.
[[nodiscard]] std::string_view step_name(Step step) noexcept;

struct Problem {
  std::string id = {};
  std::string answer = {};      ///< as the problem file has it; empty if it has none
  std::string question = {};    ///< empty if the run does not say it
  std::uint64_t positions = 0;  ///< tokens of the prompt
};

/// A problem that was not run.
struct Dropped {
  std::string id = {};
  std::string status = {};  ///< "no_oracle", "too_long", ...
};

/// What the plan of every step says.
struct RunInfo {
  std::filesystem::path path = {};
  std::string name = {};                ///< directory name
  nlohmann::ordered_json details = {};  ///< of plan.json
  Step step = Step::variance;
  std::vector<Problem> problems = {};  ///< in the order of the key `problem`
  std::vector<Dropped> dropped = {};
  std::vector<std::int64_t> layers = {};  ///< of the latents, ascending
  std::int64_t model_layers = 0;          ///< 0 if not said
  std::int64_t target_layer = 0;
  std::uint64_t stride = 1;          ///< every how many tokens one is pooled
  std::uint64_t pooling_window = 0;  ///< the last so many of these; 0: all
  std::uint64_t clusters = 0;        ///< that the run is to be parted into; 0 if not said
  std::uint64_t max_new_tokens = 0;  ///< 0 if not said
  std::string dtype = {};            ///< in which the model was computed; empty if not said
  bool complete = true;              ///< all shards are there
  std::string missing = {};          ///< if not, see shard::Run::missing()

  /// Index into `layers` of the target layer; of the last one where it is not among them.
  [[nodiscard]] std::size_t target() const;
};

/// A number or text as it is in a message or a table.
[[nodiscard]] std::string id_text(const nlohmann::ordered_json& id);

/// What the plan says of all steps.
/// @throws shard::FormatError if it is no plan of that step of sampling, or contradicts itself
[[nodiscard]] RunInfo run_info(const shard::Run& run);

/// @throws shard::FormatError unless the plan says of how many tokens latents are the mean
void require_window(const RunInfo& info);

/// The step that a run directory's plan names. @throws shard::FormatError
[[nodiscard]] Step step_of(const shard::Run& run);

/// Values of a member that ascend, each once.
/// @throws shard::FormatError if they do not, or there are none
template <class T>
void require_ascending(const shard::JsonObject& plan, const char* member,
                       const std::vector<T>& values) {
  bool ascending = !values.empty();
  for (std::size_t i = 1; i < values.size(); ++i) {
    ascending = ascending && values[i - 1] < values[i];
  }
  if (!ascending) plan.refuse(member, "at least one number, ascending");
}

}  // namespace phiscope::analyze::sampling
