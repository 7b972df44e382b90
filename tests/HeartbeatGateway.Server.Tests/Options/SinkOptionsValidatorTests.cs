using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Options;

public sealed class SinkOptionsValidatorTests
{
    [Theory]
    [InlineData("", "Gateway:Messages:Sinks:0:Kind is missing, but must be log, inprocess, webhook or redis.")]
    [InlineData("webhok", "Gateway:Messages:Sinks:0:Kind is 'webhok', but must be log, inprocess, webhook or redis; did you mean webhook?")]
    [InlineData("in-process", "Gateway:Messages:Sinks:0:Kind is 'in-process', but must be log, inprocess, webhook or redis; did you mean inprocess?")]
    [InlineData("log,Log", "Gateway:Messages:Sinks:1:Kind is Log again, but each sink stands once. Remove Gateway:Messages:Sinks:1.")]
    [InlineData("log?,webhook?", "Gateway:Messages:Sinks has no sink that is Required, so no sink would be responsible for a message. Set Required of one of them to true.")]
    public void Wrong_sinks_are_refused_with_their_key(string kinds, string error) => Assert.Equal([error], Validate(kinds));

    [Theory]
    [InlineData("log")]
    [InlineData("LOG,inprocess?,webhook")]
    public void Sinks_that_can_be_used_are_accepted(string kinds) => Assert.Empty(Validate(kinds));

    private static IReadOnlyList<string> Validate(string kinds)
    {
        var options = new GatewayOptions();
        options.Tokens.Keys.Add(new TokenKeyOptions { Id = TestSecrets.KeyId, Secret = TestSecrets.Secret });
        foreach (var kind in kinds.Split(',')) options.Messages.Sinks.Add(new SinkOptions { Kind = kind.TrimEnd('?'), Required = !kind.EndsWith('?') });
        return options.Validate();
    }
}
