// SPDX-License-Identifier: MIT
#pragma once

#include "plan/hook.hpp"

#include <string>

namespace phiscope::extract {

/// Why a model has no such hook: empty if it has it.
/// @param config  a ModelConfig; a plan knows nothing of model files
template <class Config>
std::string absent_reason(Hook hook, const Config& config) {
  if (hook == Hook::resid_mid && config.parallel_residual) {
    return "its attention and MLP run in parallel, so hook_resid_mid does not exist";
  }
  if ((hook == Hook::mlp_pre || hook == Hook::mlp_post) && config.experts) {
    return "a token goes through several experts, so mlp.hook_pre and mlp.hook_post do not exist";
  }
  return "";
}

}  // namespace phiscope::extract
