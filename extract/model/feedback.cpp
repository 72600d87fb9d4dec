// SPDX-License-Identifier: MIT
#include "model/feedback.hpp"

#include "model/layers.hpp"

#include <ATen/ops/layer_norm.h>

namespace phiscope::extract {

at::Tensor feedback(const Model& model, const at::Tensor& hidden) {
  const PartTensors& parts = model.parts;
  if (!parts[Part::projection_in].defined()) return hidden;
  const at::Tensor wide = activated(
      Activation::gelu, product(hidden, parts[Part::projection_in], parts[Part::projection_in_bias],
                                /*step=*/true));
  const at::Tensor out =
      product(wide, parts[Part::projection_out], parts[Part::projection_out_bias], /*step=*/true);
  if (!parts[Part::projection_norm].defined()) return out;
  return at::layer_norm(out, {out.size(-1)}, parts[Part::projection_norm],
                        parts[Part::projection_norm_bias], latent_norm_eps);
}

}  // namespace phiscope::extract
