-- scrun.lua for sites whose nodes see nothing of the submit host: the container goes to a folder of each node, and what
-- became of its files comes back from the first one.
--
-- The engine writes config.json for a container that it would start itself, as root of its own user namespace. A node starts
-- it as the job's user, by an unprivileged runtime. A copy that fits goes along in its place.
local json = require 'json'

local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("a")
    file:close()
    return text
end

local function write(path, text)
    local file = assert(io.open(path, "wb"))
    file:write(text)
    assert(file:close())
end

local function quoted(word)
    return "'" .. word:gsub("'", [['\'']]) .. "'"
end

-- Where a container is on the nodes: a site may want a local disk.
local function place(job_id, id)
    return string.format("/tmp/scrun-%d-%s", math.floor(job_id), id)
end

-- Runs a script as a step, one task on each node or on one; its input is what `from` writes, its output goes to `to`.
local function on_nodes(job_id, nodes, script, from, to)
    local step = string.format("srun --jobid=%d --overlap %s sh -c %s", math.floor(job_id), nodes, quoted(script))
    local status, output = slurm.allocator_command((from and from .. " | " or "") .. step .. (to and " | " .. to or ""))
    if status ~= 0 then
        slurm.log_error("cannot move the container's files: " .. output)
    end
    return status == 0
end

-- Of the namespaces those stay that an ordinary user can have for the container alone. The network is the node's.
local KEPT = { mount = true, pid = true, ipc = true, uts = true, cgroup = true }

-- The job's user is the container's user, the only one there is.
local function unprivileged(config, user_id, group_id)
    local process, linux = config.process, config.linux or {}
    local user = process.user or {}
    local namespaces = { { type = "user" } }
    for _, namespace in ipairs(linux.namespaces or {}) do
        if KEPT[namespace.type] and namespace.path == nil then
            table.insert(namespaces, { type = namespace.type })
        end
    end
    linux.namespaces = namespaces
    linux.uidMappings = { { containerID = user.uid or 0, hostID = math.floor(user_id), size = 1 } }
    linux.gidMappings = { { containerID = user.gid or 0, hostID = math.floor(group_id), size = 1 } }
    -- Limits are the job's, and so is the cgroup.
    linux.cgroupsPath, linux.resources, linux.seccomp, linux.sysctl = nil, nil, nil, nil
    linux.intelRdt, linux.mountLabel = nil, nil
    config.linux = linux
    user.additionalGids = nil
    process.user = user
    process.rlimits, process.apparmorProfile, process.selinuxLabel, process.oomScoreAdj = nil, nil, nil, nil
    -- They would set up the network of the submit host.
    config.hooks = nil
end

-- Owners of mounts are numbers that the container does not have, and a cgroup mount needs a cgroup of its own.
local function mounts_of_a_user(config)
    local kept = {}
    for _, mount in ipairs(config.mounts or {}) do
        local options = {}
        for _, option in ipairs(mount.options or {}) do
            if not option:match("^[ug]id=") then
                table.insert(options, option)
            end
        end
        mount.options = #options > 0 and options or nil
        if mount.type ~= "cgroup" then
            table.insert(kept, mount)
        end
    end
    config.mounts = kept
end

function slurm_scrun_stage_in(id, bundle, spool_dir, config_file, job_id, user_id, group_id, job_env)
    local config = json.decode(read(config_file))
    local rootfs = config.root.path
    if rootfs:sub(1, 1) ~= "/" then
        rootfs = bundle .. "/" .. rootfs
    end
    config.root.path = rootfs
    unprivileged(config, user_id, group_id)
    mounts_of_a_user(config)

    -- What the engine mounts is on the submit host alone: small files become part of the image.
    local copy, mounts = place(job_id, id), {}
    config.root.path = copy .. "/rootfs"
    local packed = spool_dir .. "/bundle"
    local build = { "set -e", "mkdir -p " .. quoted(packed) }
    for _, mount in ipairs(config.mounts) do
        local bound = mount.type == "bind" or mount.type == "none"
        if bound and not mount.source:match("^/sys") and not mount.source:match("^/proc") then
            local target = quoted(packed .. "/extra" .. mount.destination)
            table.insert(build, string.format("mkdir -p \"$(dirname %s)\"", target))
            table.insert(build, string.format("cp -a %s %s", quoted(mount.source), target))
        else
            table.insert(mounts, mount)
        end
    end
    config.mounts = mounts
    table.insert(build, "mkdir -p " .. quoted(packed .. "/extra"))
    local status, output = slurm.allocator_command(table.concat(build, "\n"))
    if status ~= 0 then
        slurm.log_error("cannot pack the container: " .. output)
        return slurm.ERROR
    end
    write(packed .. "/config.json", json.encode(config))

    local pack = string.format(
        "tar -cf - -C %s config.json -C %s --transform 's,^[.],rootfs,S' . -C %s .",
        quoted(packed), quoted(rootfs), quoted(packed .. "/extra"))
    local unpack = string.format("mkdir -p -m 700 %s && tar -xf - -C %s", quoted(copy), quoted(copy))
    if not on_nodes(job_id, "--ntasks-per-node=1", unpack, pack) then
        return slurm.ERROR
    end
    slurm.set_bundle_path(copy)
    slurm.set_root_path(copy .. "/rootfs")
    return slurm.SUCCESS
end

function slurm_scrun_stage_out(id, bundle, orig_bundle, root_path, orig_root_path, spool_dir, config_file, job_id, user_id, group_id)
    if bundle ~= place(job_id, id) then
        return slurm.SUCCESS
    end
    local pack = string.format("tar -cf - -C %s --exclude ./proc --exclude ./sys --exclude ./dev .", quoted(root_path))
    local unpack = string.format("tar -xf - -C %s", quoted(orig_root_path))
    local back = on_nodes(job_id, "-N1 -n1", pack, nil, unpack)
    local gone = on_nodes(job_id, "--ntasks-per-node=1", "rm -rf " .. quoted(bundle))
    return back and gone and slurm.SUCCESS or slurm.ERROR
end

return slurm.SUCCESS
