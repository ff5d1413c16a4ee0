-- scrun.lua for sites whose nodes all see the engine's files (vfs storage on a shared file system): no file is moved.
--
-- The engine writes config.json for a container that it would start itself, as root of its own user namespace. A node starts
-- it as the job's user, by an unprivileged runtime. A copy that fits is put beside the original and is used in its place.
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

-- Where the copy goes: a folder of its own in the bundle.
local function place(bundle)
    return bundle .. "/slurm"
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

    local copy = place(bundle)
    local status, output = slurm.allocator_command("mkdir -p " .. quoted(copy))
    if status ~= 0 then
        slurm.log_error("cannot make " .. copy .. ": " .. output)
        return slurm.ERROR
    end
    write(copy .. "/config.json", json.encode(config))
    slurm.set_bundle_path(copy)
    slurm.set_root_path(rootfs)
    return slurm.SUCCESS
end

function slurm_scrun_stage_out(id, bundle, orig_bundle, root_path, orig_root_path, spool_dir, config_file, job_id, user_id, group_id)
    if bundle == place(orig_bundle) then
        slurm.allocator_command("rm -rf " .. quoted(bundle))
    end
    return slurm.SUCCESS
end

return slurm.SUCCESS
