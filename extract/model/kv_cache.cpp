// SPDX-License-Identifier: MIT
#include "model/kv_cache.hpp"

#include <ATen/ops/zeros.h>

#include <algorithm>

namespace phiscope::extract {
namespace {

std::int64_t whole_tiles(std::int64_t tokens) {
  return (tokens + KvCache::tile - 1) / KvCache::tile * KvCache::tile;
}

}  // namespace

KvCache::KvCache(const ModelConfig& config, std::int64_t tokens, at::ScalarType dtype,
                 at::Device device)
    : capacity_(whole_tiles(tokens)) {
  const auto options = at::TensorOptions().dtype(dtype).device(device);
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    keys_.push_back(at::zeros({capacity_, config.kv_heads, config.head_dim}, options));
    values_.push_back(at::zeros({capacity_, config.kv_heads, config.head_dim}, options));
  }
}

KvCache KvCache::copy() const {
  KvCache other = *this;
  for (at::Tensor& keys : other.keys_) keys = keys.clone();
  for (at::Tensor& values : other.values_) values = values.clone();
  return other;
}

void KvCache::write(std::size_t layer, const at::Tensor& keys, const at::Tensor& values) {
  keys_.at(layer).narrow(0, length_, keys.size(0)).copy_(keys);
  values_.at(layer).narrow(0, length_, values.size(0)).copy_(values);
}

at::Tensor KvCache::keys(std::size_t layer, std::int64_t tokens) const {
  return keys_.at(layer).narrow(0, 0, whole_tiles(tokens));
}

at::Tensor KvCache::values(std::size_t layer, std::int64_t tokens) const {
  return values_.at(layer).narrow(0, 0, whole_tiles(tokens));
}

}  // namespace phiscope::extract
