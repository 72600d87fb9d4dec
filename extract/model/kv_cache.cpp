// SPDX-License-Identifier: MIT
#include "model/kv_cache.hpp"

#include <ATen/ops/empty.h>
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

KvCache KvCache::fork(std::int64_t tokens, std::int64_t known, std::int64_t room) const {
  KvCache other;
  other.length_ = tokens;
  other.capacity_ = whole_tiles(room);
  const auto beginning = [&](const at::Tensor& all) {
    std::vector<std::int64_t> shape = all.sizes().vec();
    shape[0] = other.capacity_;
    at::Tensor copy = at::empty(shape, all.options());
    copy.narrow(0, 0, known).copy_(all.narrow(0, 0, known));
    copy.narrow(0, known, other.capacity_ - known).zero_();
    return copy;
  };
  for (const at::Tensor& keys : keys_) other.keys_.push_back(beginning(keys));
  for (const at::Tensor& values : values_) other.values_.push_back(beginning(values));
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
