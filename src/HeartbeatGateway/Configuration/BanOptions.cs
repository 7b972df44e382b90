using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Configuration;

/// <summary>Where bans are kept. Read once, at the start.</summary>
internal sealed class BanOptions
{
    /// <summary>
    /// A JSON file that holds the bans, so that they survive a restart. Its folder must exist and be writable: the file is replaced as a whole at each
    /// change. Null: bans are kept in memory only.
    /// </summary>
    [Displayable]
    public string? File { get; set; }
}
