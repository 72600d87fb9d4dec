#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/picture.sh [REPORT.html]: docs/report.png, the picture of a report in the README, by headless Chromium: the top
# of the page of demo/steps-report (./dev demo) or of the one given. At most 200 KB, or it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fail() { echo "picture: $*" >&2; exit 1; }
page=${1:-demo/steps-report/report.html}
[ -e "$page" ] || fail "no $page; PHISCOPE_DEMO=steps ./dev demo makes it"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  fail "no Chromium; on Debian: apt-get install chromium"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
  --user-data-dir="$folder/profile" --window-size=1000,720 --virtual-time-budget=20000 \
  --screenshot="$folder/report.png" "file://$(realpath "$page")" 2>"$folder/log" || fail "$(tail -n 1 "$folder/log")"
python=.venv/bin/python
[ -x "$python" ] || python=python3
# Sixty-four colours are enough for text and curves; where Pillow is missing the file is kept as it is.
"$python" - "$folder/report.png" <<'PY'
import sys
try:
    from PIL import Image
except ImportError:
    print("picture: no Pillow, so all colours are kept (pip install pillow)", file=sys.stderr)
    sys.exit()
image = Image.open(sys.argv[1]).convert("RGB")
image.quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)
PY
size=$(stat -c %s "$folder/report.png")
[ "$size" -le 200000 ] || fail "$size bytes, at most 200000"
mv "$folder/report.png" docs/report.png
echo "picture: docs/report.png, $size bytes"
