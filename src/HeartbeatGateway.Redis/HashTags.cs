using System.Globalization;
using System.Text;

namespace HeartbeatGateway.Redis;

/// <summary>Chooses hash tags whose slots are spread evenly. Masters of a Redis Cluster have equal, contiguous ranges of slots; numbered tags would not be.</summary>
internal static class HashTags
{
    /// <summary>The number of slots of a Redis Cluster.</summary>
    public const int Slots = 16384;

    /// <summary>For each of equal ranges of slots, the tag of the form <c>0</c>, <c>1</c>, … whose slot is nearest to the range's middle, of the first 4,096.</summary>
    public static IReadOnlyList<string> Choose(int count)
    {
        var candidates = Enumerable.Range(0, 4096).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToList();
        var width = Slots / count;
        return [.. Enumerable.Range(0, count).Select(i => candidates.MinBy(t => Math.Abs(SlotOf(t) - ((i * width) + (width / 2))))!)];
    }

    public static int SlotOf(string tag) => Crc16.Of(Encoding.UTF8.GetBytes(tag)) % Slots;
}
