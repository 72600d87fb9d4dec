// SPDX-License-Identifier: MIT
#include "random_model/tensor_writer.hpp"

#include "files/weights/safetensors.hpp"
#include "random_model/normal.hpp"
#include "shard/file/atomic_file.hpp"
#include "shard/npy/half.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

/// float32 to the nearest bfloat16, ties to even; for finite values.
std::uint16_t float_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16U & 1U)) >> 16U);
}

TensorDtype stored_dtype(const std::string& name) {
  if (name == "float32") return TensorDtype::f32;
  if (name == "bfloat16") return TensorDtype::bf16;
  if (name == "float16") return TensorDtype::f16;
  if (name == "float64") return TensorDtype::f64;
  throw std::runtime_error("config.json: dtype is '" + name +
                           "', expected float32, bfloat16, float16 or float64");
}

/// One element, in place.
void store(double value, TensorDtype dtype, std::byte* to) {
  const auto copy = [to](const auto& stored) { std::memcpy(to, &stored, sizeof stored); };
  switch (dtype) {
    case TensorDtype::f64:
      return copy(value);
    case TensorDtype::bf16:
      return copy(float_to_bfloat16(static_cast<float>(value)));
    case TensorDtype::f16:
      return copy(shard::float_to_half(static_cast<float>(value)));
    default:
      return copy(static_cast<float>(value));
  }
}

/// Elements [first, first + count) of a tensor.
struct Block {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

void fill(const Fill& tensor, std::uint32_t number, std::uint64_t seed, TensorDtype dtype,
          const Block& block, std::byte* to) {
  const std::size_t size = item_size(dtype);
  const auto row = static_cast<std::uint64_t>(tensor.spec.shape.back());
  for (std::uint64_t i = block.first; i < block.first + block.count; ++i, to += size) {
    double value = tensor.constant;
    if (tensor.deviation > 0.0) value = tensor.deviation * normal_at(seed, number, i);
    if (tensor.zero_row && i / row == static_cast<std::uint64_t>(*tensor.zero_row)) value = 0.0;
    store(value, dtype, to);
  }
}

/// Tensors [begin, end) of one file.
struct FileTensors {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<FileTensors> files_of(const Initialisation& model, std::size_t item,
                                  std::uint64_t most) {
  std::vector<FileTensors> files(1);
  std::uint64_t bytes = 0;
  for (std::size_t t = 0; t < model.tensors.size(); ++t) {
    const std::uint64_t more = model.tensors[t].elements() * item;
    if (bytes > 0 && bytes + more > most) {
      files.push_back({.begin = t, .end = t});
      bytes = 0;
    }
    files.back().end = t + 1;
    bytes += more;
  }
  return files;
}

std::string header_of(const Initialisation& model, const FileTensors& file, TensorDtype dtype) {
  ordered_json header{{"__metadata__", {{"format", "pt"}}}};
  std::uint64_t at = 0;
  for (std::size_t t = file.begin; t < file.end; ++t) {
    const Fill& tensor = model.tensors[t];
    const std::uint64_t end = at + tensor.elements() * item_size(dtype);
    header[tensor.spec.name] = {
        {"dtype", name_of(dtype)}, {"shape", tensor.spec.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string bytes(8, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + text;
}

void write_file(const Initialisation& model, const FileTensors& file, TensorDtype dtype,
                const TensorWriting& writing, const std::filesystem::path& path) {
  shard::AtomicFile out(path);
  const std::string header = header_of(model, file, dtype);
  out.write(std::as_bytes(std::span(header)));
  const std::size_t size = item_size(dtype);
  constexpr std::uint64_t most = std::uint64_t{1} << 22U;  // elements in memory
  std::vector<std::byte> bytes(most * size);
  const auto threads = static_cast<std::uint64_t>(std::max(1, writing.threads));
  for (std::size_t t = file.begin; t < file.end; ++t) {
    const Fill& tensor = model.tensors[t];
    const std::uint64_t elements = tensor.elements();
    for (std::uint64_t first = 0; first < elements; first += most) {
      const std::uint64_t count = std::min(most, elements - first);
      const std::uint64_t share = (count + threads - 1) / threads;
      std::vector<std::jthread> workers;
      for (std::uint64_t from = 0; from < count; from += share) {
        const Block block{.first = first + from, .count = std::min(share, count - from)};
        workers.emplace_back([&, block, from] {
          fill(tensor, static_cast<std::uint32_t>(t), writing.seed, dtype, block,
               bytes.data() + from * size);
        });
      }
      workers.clear();  // joins
      out.write(std::span(bytes).first(count * size));
    }
  }
  out.commit();
}

std::string file_name(std::size_t file, std::size_t files) {
  if (files == 1) return "model.safetensors";
  std::ostringstream name;
  name << std::setfill('0') << "model-" << std::setw(5) << file + 1 << "-of-" << std::setw(5)
       << files << ".safetensors";
  return name.str();
}

}  // namespace

std::uint64_t tensor_bytes(const Initialisation& model) {
  std::uint64_t bytes = 0;
  const std::size_t size = item_size(stored_dtype(model.dtype));
  for (const Fill& tensor : model.tensors) bytes += tensor.elements() * size;
  return bytes;
}

std::vector<std::string> write_tensors(const Initialisation& model,
                                       const std::filesystem::path& directory,
                                       const TensorWriting& writing) {
  const TensorDtype dtype = stored_dtype(model.dtype);
  const auto files = files_of(model, item_size(dtype), writing.file_bytes);
  std::vector<std::string> names;
  ordered_json map = ordered_json::object();
  for (std::size_t f = 0; f < files.size(); ++f) {
    names.push_back(file_name(f, files.size()));
    write_file(model, files[f], dtype, writing, directory / names.back());
    for (std::size_t t = files[f].begin; t < files[f].end; ++t) {
      map[model.tensors[t].spec.name] = names.back();
    }
  }
  if (files.size() == 1) return names;
  const ordered_json index{{"metadata", {{"total_size", tensor_bytes(model)}}},
                           {"weight_map", std::move(map)}};
  names.emplace_back("model.safetensors.index.json");
  shard::write_file(directory / names.back(), index.dump(2) + "\n");
  return names;
}

}  // namespace phiscope::extract
