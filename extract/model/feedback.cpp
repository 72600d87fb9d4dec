// SPDX-License-Identifier: MIT
#include "model/feedback.hpp"

namespace phiscope::extract {

at::Tensor feedback(const Model& /*model*/, const at::Tensor& hidden) {
  return hidden;
}

}  // namespace phiscope::extract
