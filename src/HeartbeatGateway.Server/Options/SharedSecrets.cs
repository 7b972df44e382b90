using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Server.Options;

/// <summary>
/// Finds secrets that several keys hold with different bindings. The key id of a token is not signed, so a client chooses the key that its secret is
/// used with: of such bindings only the widest holds.
/// </summary>
internal static class SharedSecrets
{
    /// <returns>One sentence for each pair of keys. None of them contains a secret.</returns>
    public static IEnumerable<string> FindFaults(IReadOnlyList<TokenSecret> secrets)
    {
        for (var i = 0; i < secrets.Count; i++)
        {
            for (var k = i + 1; k < secrets.Count; k++)
            {
                if (!secrets[i].HasSameKeyAs(secrets[k])) continue;
                if (secrets[i].PerClient != secrets[k].PerClient) yield return MasterSentence(secrets[i], secrets[k]);
                else if (!IsSameBinding(secrets[i], secrets[k])) yield return Sentence(secrets[i], secrets[k]);
            }
        }
    }

    private static bool IsSameBinding(TokenSecret one, TokenSecret other) => Patterns(one).SetEquals(Patterns(other));

    private static HashSet<string> Patterns(TokenSecret secret) => secret.Clients.Select(pattern => pattern.ToString()).ToHashSet(StringComparer.Ordinal);

    private static string MasterSentence(TokenSecret one, TokenSecret other) =>
        $"Gateway:Tokens:Keys: the keys '{one.Id}' and '{other.Id}' hold the same secret, but only '{(one.PerClient ? one : other).Id}' is PerClient: a client with "
        + "the other key would know the master and could sign as any client. Give each key a secret of its own.";

    private static string Sentence(TokenSecret one, TokenSecret other) =>
        $"Gateway:Tokens:Keys: the keys '{one.Id}' and '{other.Id}' hold the same secret, but their Clients differ: a client could use either key id, and the "
        + "narrower binding would have no effect. Give each key a secret of its own, or the same Clients.";
}
