namespace HeartbeatGateway.Server.Bans;

/// <summary>
/// Client ids, networks and token keys whose connections are refused as <c>banned</c>. Client ids and keys match when a token verifies; addresses match
/// when a connection is accepted, after its PROXY header, and never those of this machine, of trusted proxies, or of the liveness probe. Kept in memory;
/// the service keeps them in a file. Thread-safe.
/// </summary>
public interface IGatewayBans
{
    /// <summary>Rises with each change of the list; not when a ban expires.</summary>
    long Version { get; }

    /// <summary>The bans in force, the newest first.</summary>
    IReadOnlyList<Ban> List();

    /// <summary>The bans in force with the open connections that they match, the newest first. Takes one walk over all connections.</summary>
    IReadOnlyList<BanMatches> ListMatches();

    /// <summary>Finds the open connections that a ban would match. Takes a walk over all connections.</summary>
    /// <param name="ban">The ban; it need not be in force.</param>
    BanMatches FindMatches(Ban ban);

    /// <summary>Whether a ban can be added now.</summary>
    /// <param name="ban">The ban.</param>
    BanRefusal Check(Ban ban);

    /// <summary>Adds a ban, or replaces the one of the same kind and value, and closes the connections that it matches.</summary>
    /// <param name="ban">The ban.</param>
    /// <exception cref="InvalidOperationException"><see cref="Check"/> refuses it; nothing has changed.</exception>
    BanEffect Add(Ban ban);

    /// <summary>Removes a ban. Connections that it closed may come back.</summary>
    /// <param name="id">The id of the ban.</param>
    /// <returns>False when no ban in force has this id.</returns>
    bool Remove(string id);

    /// <summary>Replaces bans as a whole, for instance by the content of a file, and closes the connections that the new ones match.</summary>
    /// <param name="replacements">The bans that are in force from now on; expired ones are left out.</param>
    /// <param name="former">The ids of the bans that they replace. Bans in force with other ids stay.</param>
    /// <returns>How many connections were closed.</returns>
    /// <exception cref="ArgumentException">There are more bans than <see cref="Ban.MaxCount"/>; nothing has changed.</exception>
    int Replace(IReadOnlyCollection<Ban> replacements, IReadOnlySet<string> former);

    /// <summary>What <c>Gateway:Admission:AutomaticBans</c> has done, or would have done.</summary>
    AutomaticBanReport ReportAutomatic();
}
