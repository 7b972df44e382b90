using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Vectors;

/// <summary>The content of tests/vectors/frames.json.</summary>
internal sealed record VectorFile(long MaxAgeSeconds, int MaxContentBytes, FrameVector[] Vectors);

internal sealed record VectorKey(string Id, string Secret);

/// <summary>The connection of a frame on which the feature <c>ack</c> was granted, and the number of the frame.</summary>
internal sealed record VectorAck(long Generation, long? Number);

internal sealed record VectorDigest(string Algorithm, string Output, string Recipe)
{
    public DigestRecipe ToRecipe()
    {
        var output = Output == "hex" ? DigestOutput.Hex : DigestOutput.Base64Url;
        Assert.True(DigestRecipe.TryCreate(Algorithm, output, Recipe, out var recipe, out var error), error);
        return recipe;
    }
}
