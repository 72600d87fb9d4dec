// SPDX-License-Identifier: MIT
#include "shard/commit.hpp"
#include "shard/npy/nonfinite.hpp"
#include "shard/plan_check.hpp"
#include "shard/run_writer.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace phiscope::shard {
namespace {

/// Place of the member with this name. @throws std::invalid_argument if there is none
template <class Named>
std::size_t place_of(const std::vector<Named>& all, std::string_view name, const char* what) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) return i;
  }
  throw std::invalid_argument("ShardWriter: the plan has no " + std::string(what) + " '" +
                              std::string(name) + "'");
}

/// @param before  rows of the shard that come before these
void check_finite(const ArrayPlan& array, std::int64_t shard, std::uint64_t before,
                  std::span<const std::byte> rows) {
  const auto found = first_nonfinite(rows, array.dtype, array.encoding);
  if (!found) return;
  std::uint64_t row_size = 1;
  for (const std::uint64_t extent : array.row_shape) row_size *= extent;
  throw std::runtime_error(
      array_file(array.name, shard) + ": array '" + array.name + "' is not finite in row " +
      std::to_string(before + *found / row_size) + " (element " +
      std::to_string(*found % row_size) + " of it), expected finite values" +
      (array.dtype == Dtype::f2 ? " (float16 ends at 65504)" : "") + "; the shard is not kept");
}

}  // namespace

ShardWriter::ShardWriter(std::filesystem::path run, std::shared_ptr<const RunPlan> plan,
                         std::int64_t shard, const ShardExpectation& expected,
                         std::shared_ptr<const CommitCheck> check)
    : run_(std::move(run)),
      plan_(std::move(plan)),
      shard_(shard),
      finite_(expected.finite),
      check_(std::move(check)) {
  const auto foretold = [&](std::size_t space) {
    return space < expected.rows.size() ? expected.rows[space] : std::nullopt;
  };
  arrays_.reserve(plan_->arrays.size());
  for (const ArrayPlan& array : plan_->arrays) {
    arrays_.emplace_back(run_ / array_file(array.name, shard_), array.dtype, array.row_shape,
                         foretold(place_of(plan_->row_spaces, array.row_space, "row space")));
  }
  keys_.reserve(plan_->row_spaces.size());
  for (const RowSpace& space : plan_->row_spaces) {
    keys_.emplace_back(run_ / keys_file(space.name, shard_), Dtype::i8,
                       std::vector<std::uint64_t>{space.key.size()}, foretold(keys_.size()));
  }
}

std::size_t ShardWriter::array_index(std::string_view array) const {
  return place_of(plan_->arrays, array, "array");
}

void ShardWriter::append(std::string_view array, std::span<const std::byte> whole_rows) {
  write(array, whole_rows);
  digest(array, whole_rows);
}

void ShardWriter::write(std::string_view array, std::span<const std::byte> whole_rows) {
  const std::size_t i = array_index(array);
  if (finite_) check_finite(plan_->arrays[i], shard_, arrays_[i].rows(), whole_rows);
  arrays_[i].write(whole_rows);
}

void ShardWriter::digest(std::string_view array, std::span<const std::byte> whole_rows) {
  arrays_[array_index(array)].digest(whole_rows);
}

bool ShardWriter::digests(std::string_view array) const {
  return arrays_[array_index(array)].digests();
}

void ShardWriter::complete(std::string_view array) {
  arrays_[array_index(array)].complete();
}

void ShardWriter::append_as(std::string_view array, Dtype dtype,
                            std::span<const std::byte> whole_rows) {
  const std::size_t i = array_index(array);
  if (plan_->arrays[i].dtype != dtype) {
    throw std::invalid_argument("ShardWriter::append: values of dtype " +
                                std::string(descr(dtype)) + " for array '" + std::string(array) +
                                "' of " + std::string(descr(plan_->arrays[i].dtype)));
  }
  append(array, whole_rows);
}

void ShardWriter::append_keys(std::string_view row_space, std::span<const std::int64_t> keys) {
  keys_[place_of(plan_->row_spaces, row_space, "row space")].append(std::as_bytes(keys));
}

void ShardWriter::commit() {
  (*check_)();
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    const ArrayPlan& array = plan_->arrays[i];
    const std::size_t space = place_of(plan_->row_spaces, array.row_space, "row space");
    if (arrays_[i].rows() != keys_[space].rows()) {
      throw std::invalid_argument("ShardWriter::commit: array '" + array.name + "' has " +
                                  std::to_string(arrays_[i].rows()) + " rows, row space '" +
                                  array.row_space + "' has " + std::to_string(keys_[space].rows()));
    }
  }
  Commit commit{.shard = shard_, .files = {}};
  const std::vector<std::string> names = committed_names(*plan_, shard_);
  const auto finish = [&](std::vector<NpyWriter>& writers) {
    for (NpyWriter& writer : writers) {
      CommittedFile file{.file = names[commit.files.size()],
                         .rows = writer.rows(),
                         .bytes = writer.file_bytes(),
                         .sha256 = ""};
      file.sha256 = writer.commit();
      commit.files.push_back(std::move(file));
    }
  };
  finish(arrays_);
  finish(keys_);
  write_file(run_ / commit_file(shard_), commit_bytes(commit));
}

}  // namespace phiscope::shard
