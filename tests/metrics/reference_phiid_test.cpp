// SPDX-License-Identifier: MIT
// The 18 reference pairs of the phiid experiment: 16 atoms by two kinds, two redundancies, two
// lags.
#include "catch.hpp"
#include "reference.hpp"
#include "shard/npy/npy.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/discrete_phiid.hpp>
#include <phiscope/gaussian_phiid.hpp>

#include <cmath>
#include <map>
#include <span>
#include <string>
#include <vector>

using nlohmann::json;
using phiscope::Phiid;
using phiscope::phiid_atom_count;
using phiscope::phiid_atom_names;
using phiscope::PhiidKind;
using phiscope::PhiidLocal;
using phiscope::PhiidOptions;
using phiscope::Redundancy;
using phiscope::Status;

namespace {

/// Statuses of the pairs for which the original raises an error: by case, kind gaussian.
Status expected_status(const std::string& name, const std::string& setting, const json& result) {
  if (result.at("status") == "ok" || result.at("status") == "nonfinite") return Status::ok;
  if (name == "constant_source") return Status::constant_series;
  if (name == "length3" || name == "length5") return Status::too_short;
  INFO(name << ' ' << setting);
  return Status::singular;
}

double tolerance(const std::string& name, const PhiidOptions& options) {
  if (options.kind == PhiidKind::gaussian && name == "near_duplicate_ok") return 1e-6;
  if (options.kind == PhiidKind::gaussian && name == "scaled_shifted") return 1e-7;
  return options.redundancy == Redundancy::ccs ? 1e-9 : 1e-10;
}

Phiid phiid(std::span<const double> x, std::span<const double> y, const PhiidOptions& options,
            PhiidLocal local) {
  return options.kind == PhiidKind::gaussian ? phiscope::gaussian_phiid(x, y, options, local)
                                             : phiscope::discrete_phiid(x, y, options, local);
}

void check_atoms(const Phiid& found, const json& expected, double margin) {
  for (std::size_t k = 0; k < phiid_atom_count; ++k) {
    const std::string name(phiid_atom_names[k]);
    CAPTURE(name);
    CHECK(found.atoms[k] == Approx(expected.at(name).get<double>()).epsilon(0.0).margin(margin));
  }
}

/// Local atoms are sums of local informations, which are as large as the largest one.
void check_local(const Phiid& found, const std::filesystem::path& file, double margin) {
  const std::vector<double> expected = phiscope::shard::NpyFile(file).read<double>();
  REQUIRE(found.local.size() == expected.size());
  double worst = 0.0;
  for (std::size_t k = 0; k < expected.size(); ++k) {
    worst = std::max(worst, std::abs(found.local[k] - expected[k]));
  }
  CHECK(worst < margin);
}

}  // namespace

TEST_CASE("atoms and statuses agree with the reference", "[reference_phiid][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const std::filesystem::path folder = *reference / "phiid";
  const json manifest = phiscope::shard::read_json(folder / "manifest.json");
  std::size_t settings = 0;
  std::size_t locals = 0;
  for (const json& one : manifest.at("cases")) {
    const std::string name = one.at("name");
    const phiscope::shard::NpyFile src(folder / one.at("src").get<std::string>());
    const phiscope::shard::NpyFile trg(folder / one.at("trg").get<std::string>());
    const std::vector<double> x = src.read<double>();
    const std::vector<double> y = trg.read<double>();
    for (const auto& [setting, result] : one.at("results").items()) {
      CAPTURE(name, setting);
      const auto has = [&setting = setting](const char* word) {
        return setting.find(word) != std::string::npos;
      };
      const PhiidOptions options{
          .redundancy = has("CCS") ? Redundancy::ccs : Redundancy::mmi,
          .kind = has("gaussian") ? PhiidKind::gaussian : PhiidKind::discrete,
          .lag = has("tau2") ? std::size_t{2} : std::size_t{1}};
      const bool local = result.contains("local_atoms_file");
      const Phiid found = phiid(x, y, options, local ? PhiidLocal::yes : PhiidLocal::no);
      ++settings;
      REQUIRE(found.status == expected_status(name, setting, result));
      if (found.status != Status::ok) continue;
      const double margin = tolerance(name, options);
      if (result.at("status") == "ok") {
        const bool fragile = result.value("fragile", false);
        check_atoms(found, result.at(fragile ? "atoms_sign_tol_1e-10" : "atoms"), margin);
        const json& mutual = result.at("mutual_information");
        CHECK(found.information.xytab ==
              Approx(mutual.at("I_xytab").get<double>()).epsilon(0.0).margin(margin));
        CHECK(found.information.xyta ==
              Approx(mutual.at("I_xyta").get<double>()).epsilon(0.0).margin(margin));
        const json& shared = result.at("redundancy");
        CHECK(found.redundancy.abtxy ==
              Approx(shared.at("R_abtxy").get<double>()).epsilon(0.0).margin(10.0 * margin));
      }
      if (result.contains("closed_form_atoms") && !has("CCS")) {
        check_atoms(found, result.at("closed_form_atoms"), margin);
      }
      if (local) {
        check_local(found, folder / result.at("local_atoms_file").get<std::string>(), 1e-9);
        ++locals;
      }
    }
  }
  CHECK(settings == 18 * 8);
  CHECK(locals == 8);
}
