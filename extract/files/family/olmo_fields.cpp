// SPDX-License-Identifier: MIT
#include "files/family/olmo_fields.hpp"

namespace phiscope::extract {

void read_olmo_sizes(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config, 1e-5);
  config.norm = NormKind::rms_wide;
  config.pre_norms = false;
  config.post_norms = true;
  config.qk_norm = QkNorm::projection;
  config.wide_rotation = true;
  expect_false(fields, "attention_bias", "false (biases are not supported in this family)");
}

}  // namespace phiscope::extract
