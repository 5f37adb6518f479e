# SPDX-License-Identifier: Apache-2.0
# about: fast-import, commit, merge, clone, log, blame, gc and fsck of a local repository
# needs: git
# detect: command -v git
# records: git 10
# varies: *.git/index stat data of the files
# varies: clone/.git/objects/pack/* pack made by several threads; its objects are listed instead
. "$CASE_LIB"
export GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_AUTHOR_DATE='1700000000 +0000'
export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org GIT_COMMITTER_DATE='1700000000 +0000'
cat >"$HOME/.gitconfig" <<'CONFIG'
[init]
	defaultBranch = main
[gc]
	auto = 0
	autoDetach = false
CONFIG

history() { # 150 commits over 40 files of some hundred lines
  awk 'BEGIN { for (c = 1; c <= 150; c++) {
    printf "commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 9\ncommit %02d\n", 1600000000 + c * 60, c % 100
    text = ""; for (i = 0; i < 300; i++) text = text "line " (i % 7 == c % 7 ? c : 0) " " i " of " c % 40 "\n"
    printf "M 644 inline src/dir%d/file%d.txt\ndata %d\n%s\n", c % 5, c % 40, length(text), text } }'
}
status init traced git init -q origin
cd origin || exit 1
history | traced git fast-import --quiet --force
echo "fast-import: $?"
status reset traced git reset -q --hard main
status branch traced git checkout -q -b side HEAD~3
echo side >side.txt; traced git add side.txt; status commit traced git commit -q -m side
status merge traced git merge -q --no-edit main
traced git log --stat --graph --format='%H %an %s' | sha256sum
traced git log -p --all | sha256sum
traced git blame src/dir1/file1.txt | sha256sum
status grep traced git grep -c 'line 149' | sort
status repack traced git -c pack.threads=1 gc -q --aggressive --prune=now
status fsck traced git fsck --full --strict
cd ..
status clone traced git clone -q --no-local "$WORK/origin" clone
status gc traced git -C clone gc -q --prune=now
git -C clone cat-file --batch-all-objects --batch-check | sha256sum
status status traced git -C clone status --short --branch
status unknown traced git -C clone checkout nowhere
status 'not a repository' traced git -C / log
