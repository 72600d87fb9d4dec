// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/tensors.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace phiscope::extract {

struct Family;

/// What files put before and after the names that a family's tensors have.
struct TensorNames {
  std::string prefix;  ///< of the body's tensors: "model.", "" or "language_model.model."
  std::string output;  ///< the output matrix
  bool usual = true;   ///< one of the family's own prefixes

  /// The name that these files have for a tensor of expected_tensors().
  [[nodiscard]] std::string stored_name(const Family& family, const TensorSpec& spec) const;
};

/// The prefix is that of the stored embedding: one of the family's or, where the embedding has none
/// of them, whatever stands before its name, if only one tensor ends so. The output matrix is found
/// likewise. Files without an embedding get the usual names.
/// @throws shard::FormatError where two tensors could be the embedding
[[nodiscard]] TensorNames find_names(const Family& family, const Weights& weights,
                                     const NamedTensors& named);

/// The end of a message about a missing tensor: which stored one has its name after another prefix;
/// empty where there is none.
[[nodiscard]] std::string found_elsewhere(const Family& family, const TensorSpec& spec,
                                          const NamedTensors& named);

/// Finds the weights of single experts in tensors [expert, ...] that hold those of all, as
/// transformers 5 keeps them: `experts.gate_up_proj` [expert, 2 * inner, hidden], gates first, and
/// `experts.down_proj` [expert, hidden, inner], or both with their last two axes exchanged.
class StackedExperts {
 public:
  StackedExperts(const ModelConfig& config, const Weights& weights, const NamedTensors& named)
      : config_(&config), weights_(&weights), named_(&named) {}

  /// The slice that holds a weight, as a view [rows, columns] of one expert, with its place in it.
  struct Slice {
    TensorView view;
    StackedPart part;
  };
  /// @param stored  the name that the expert's own tensor would have
  /// @return  nothing where the files have no such stack
  /// @throws  shard::FormatError for a stack of another shape or dtype
  [[nodiscard]] std::optional<Slice> find(const TensorSpec& spec, const std::string& stored) const;

 private:
  [[nodiscard]] bool is_transposed(const TensorView& gates, const TensorView& down) const;

  const ModelConfig* config_;
  const Weights* weights_;
  const NamedTensors* named_;
};

}  // namespace phiscope::extract
