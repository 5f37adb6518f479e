// SPDX-License-Identifier: Apache-2.0
// From values of call stacks to the rectangles of a flame graph. Only what is wide enough to be seen is laid out, so the work
// follows the picture and not the 100,000 stacks behind it. Pure: no document, no canvas.
//
//   box {x, width, depth, frame, value, path}: x and width in [0, 1] of the picture; path: frames from the root, the box's identity

// Sums of the tree below each node, by one pass from the leaves up (parent < child).
export function sumUp(recording, values) {
  const sums = new Float64Array(recording.parent.length);
  for (let site = 0; site < values.length; ++site) sums[recording.sites.node[site]] += values[site];
  for (let node = sums.length - 1; node > 0; --node) sums[recording.parent[node]] += sums[node];
  return sums;
}

// children[first[n] .. first[n + 1]) are the children of n.
export function childrenOf(recording) {
  const { parent } = recording;
  const first = new Int32Array(parent.length + 1);
  for (let node = 1; node < parent.length; ++node) ++first[parent[node] + 1];
  for (let node = 0; node < parent.length; ++node) first[node + 1] += first[node];
  const children = new Int32Array(Math.max(0, parent.length - 1));
  const cursor = first.slice();
  for (let node = 1; node < parent.length; ++node) children[cursor[parent[node]]++] = node;
  return { first, children };
}

// Callers below, callees above. focus: a node; its ancestors are shown at full width.
export function layOutCalls(recording, tree, sums, focus, minWidth) {
  const boxes = [];
  const total = sums[focus];
  if (!(total > 0)) return boxes;
  const chain = [];
  for (let node = focus; node > 0; node = recording.parent[node]) chain.push(node);
  chain.push(0);
  chain.reverse();
  const add = (node, x, width) =>
    boxes.push({ x, width, depth: recording.depth[node], frame: node === 0 ? -1 : recording.nodeFrame[node], value: sums[node], node });
  for (const node of chain.slice(0, -1)) add(node, 0, 1);
  const open = [{ node: focus, x: 0, width: 1 }];
  while (open.length > 0) {
    const { node, x, width } = open.pop();
    add(node, x, width);
    const below = Array.from(tree.children.subarray(tree.first[node], tree.first[node + 1]))
      .filter((child) => sums[child] / total >= minWidth)
      .sort((a, b) => sums[b] - sums[a]);
    let at = x;
    for (const child of below) {
      const share = sums[child] / total;
      open.push({ node: child, x: at, width: share });
      at += share;
    }
  }
  return boxes;
}

// Inverted: what allocates first, its callers above. path: frames from the allocating function outwards that are in focus.
export function layOutCallers(recording, values, path, minWidth) {
  const boxes = [];
  const groupsOf = (members) => {
    const groups = new Map();
    for (const member of members) {
      if (member.node <= 0) continue;
      const frame = recording.nodeFrame[member.node];
      const group = groups.get(frame) ?? { value: 0, members: [] };
      group.value += member.value;
      group.members.push({ node: recording.parent[member.node], value: member.value });
      groups.set(frame, group);
    }
    return groups;
  };
  let members = [];
  let total = 0;
  for (let site = 0; site < values.length; ++site) {
    if (values[site] <= 0) continue;
    members.push({ node: recording.sites.node[site], value: values[site] });
    total += values[site];
  }
  const open = [];
  boxes.push({ x: 0, width: 1, depth: 0, frame: -1, value: total, path: [] });
  for (let depth = 0; depth < path.length; ++depth) {
    const group = groupsOf(members).get(path[depth]);
    if (!group) return boxes;
    members = group.members;
    total = group.value;
    boxes.push({ x: 0, width: 1, depth: depth + 1, frame: path[depth], value: total, path: path.slice(0, depth + 1) });
  }
  if (!(total > 0)) return boxes;
  open.push({ members, x: 0, path });
  while (open.length > 0) {
    const { members: inside, x, path: here } = open.pop();
    const groups = [...groupsOf(inside)].filter(([, group]) => group.value / total >= minWidth);
    groups.sort((a, b) => b[1].value - a[1].value);
    let at = x;
    for (const [frame, group] of groups) {
      const deeper = [...here, frame];
      const width = group.value / total;
      boxes.push({ x: at, width, depth: deeper.length, frame, value: group.value, path: deeper });
      open.push({ members: group.members, x: at, path: deeper });
      at += width;
    }
  }
  return boxes;
}
