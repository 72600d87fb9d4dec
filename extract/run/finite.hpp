// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "run/trace.hpp"

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// False if some value is not finite. Waits for the device. @param x  not empty
bool all_finite(const at::Tensor& x);

/// What to throw for a value that is not finite. @param place  the path of its hook, or `logits`
/// @param run  what is said of the run, for instance "prompt 3"
std::runtime_error not_finite(const std::string& place, at::ScalarType dtype,
                              const std::string& run, std::int64_t position);

/// Looks for values of a pass that are not finite: at once, and says which part of the block they
/// came from; or late, at the end of the pass, so that a device never waits.
class FiniteCheck {
 public:
  /// @param names  [lane], or none, for messages
  FiniteCheck(const Model& model, const Batch& batch, std::span<const std::string> names, bool late)
      : model_(model), batch_(batch), names_(names), late_(late) {}

  /// @param embedding  [row, hidden] of the lanes that have entered
  /// @throws std::runtime_error naming hook, layer, run and position; so do the following
  void see_embedding(const at::Tensor& embedding);
  /// @param residual  after the block, [row, hidden] with the filling
  void see_block(int layer, const BlockTrace& trace, const at::Tensor& residual);
  void end() const;

 private:
  /// What first_ holds before something is found: as a number without a sign the largest.
  static constexpr std::int64_t none_found = -1;
  static constexpr int row_bits = 32;

  void see(Hook hook, int layer, const at::Tensor& values);
  void see_late(const at::Tensor& values);
  [[noreturn]] void refuse(Hook hook, int layer, std::int64_t row) const;

  const Model& model_;
  const Batch& batch_;
  std::span<const std::string> names_;
  bool late_;
  std::vector<Place> places_;         ///< seen, not looked at yet
  std::vector<at::Tensor> extremes_;  ///< [place][least and largest, row]
  at::Tensor first_;  ///< on a GPU in their place: index of places_ and row of the first
};

}  // namespace phiscope::extract
