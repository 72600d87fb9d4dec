// SPDX-License-Identifier: MIT
#pragma once

#include "command/interventions.hpp"
#include "plan/plan.hpp"
#include "shard/row_values.hpp"
#include "shard/run_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// Values of a finished run of `extract activations`, which interventions of another run take.
/// What is asked for is read, once, and collected as Plan::donors.
class DonorRun {
 public:
  /// @param model  CheckedModel::description: the run's model must have the same digests
  /// @throws shard::FormatError naming the run, found and expected: an unfinished run, one of
  ///         another experiment or model, or one whose rows are not (prompt, position)
  DonorRun(const std::filesystem::path& folder, const nlohmann::ordered_json& model);

  /// A prompt of the run; null if it has none of this id.
  [[nodiscard]] const TokenPrompt* find(const std::string& id) const;
  /// Positions of a prompt that the run stores, ascending.
  [[nodiscard]] std::vector<int> positions(const TokenPrompt& prompt) const;
  /// Whether the run stores a hook at a layer, which a hook outside the blocks has not.
  [[nodiscard]] bool has(Hook hook, int layer) const;
  /// The row of its table with the values of a stored position: the same one when asked again.
  [[nodiscard]] int row(Hook hook, int layer, const TokenPrompt& prompt, int position);

  [[nodiscard]] bool used() const { return !tables_.empty(); }
  /// Everything asked for so far. @see donor_rows
  [[nodiscard]] std::vector<DonorTable> tables() const;
  [[nodiscard]] std::string digest() const;  ///< SHA-256 of the manifest

 private:
  /// A row of the run.
  struct Place {
    std::int64_t shard = 0;
    std::size_t row = 0;
  };
  struct Table {
    DonorTable values;
    std::map<const Place*, int> rows{};
  };

  [[nodiscard]] std::size_t number_of(const TokenPrompt& prompt) const;
  [[nodiscard]] const shard::ArrayPlan* array_of(Hook hook) const;
  /// Index in the array's axis of layers; 0 for a hook without one; nothing where it is not stored.
  [[nodiscard]] static std::optional<std::size_t> layer_index(const shard::ArrayPlan& array,
                                                              Hook hook, int layer);
  /// @throws shard::FormatError if not all heads are stored: their numbers would be others
  void check_heads(const shard::ArrayPlan& array) const;
  void read_prompts();
  void index_rows();

  shard::Run run_;
  std::vector<TokenPrompt> prompts_;
  std::vector<std::map<int, Place>> places_;  ///< [prompt] by position
  std::map<std::pair<Hook, int>, Table> tables_;
  std::map<std::pair<std::string, std::int64_t>, shard::RowValues> open_;  ///< by array and shard
};

}  // namespace phiscope::extract
